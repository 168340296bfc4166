# Node.js with Millrace is on the disk. Goes on from init.sh.
for folder in proc sys dev; do mount -o rbind /$folder /disk/$folder; done
chroot /disk /bin/node -C source /app/guest.ts || echo "@@@ failed: node ended with $?"
echo '@@@ done'
for path in /report/*.path; do
  echo "\"/$(cat "$path")\": $(cat "${path%.path}")"
done
echo '@@@ end'
poweroff -f
